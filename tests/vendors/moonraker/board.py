"""A board for Klipper's host software that is not there: the words of its protocol, and a printer.cfg for it.

With ``-o`` the host writes to a file what it would send to the board, as fast as it can, and takes endstops as reached
and heaters as hot. It needs the dictionary that a board sends of its commands (Klipper's docs/Protocol.md): these are
those of docs/MCU_Commands.md that steppers, endstops, heaters, sensors and fans use.
"""

from __future__ import annotations

import json

COMMANDS = """
allocate_oids count=%c
get_config
finalize_config crc=%u
get_uptime
get_clock
clear_shutdown
emergency_stop
reset
set_digital_out pin=%u value=%c
config_trsync oid=%c
trsync_start oid=%c report_clock=%u report_ticks=%u expire_reason=%c
trsync_set_timeout oid=%c clock=%u
trsync_trigger oid=%c reason=%c
stepper_stop_on_trigger oid=%c trsync_oid=%c
config_endstop oid=%c pin=%c pull_up=%c
endstop_home oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u pin_value=%c trsync_oid=%c trigger_reason=%c
endstop_query_state oid=%c
config_digital_out oid=%c pin=%u value=%c default_value=%c max_duration=%u
update_digital_out oid=%c value=%c
queue_digital_out oid=%c clock=%u on_ticks=%u
set_digital_out_pwm_cycle oid=%c cycle_ticks=%u
config_pwm_out oid=%c pin=%u cycle_ticks=%hu value=%hu default_value=%hu max_duration=%u
queue_pwm_out oid=%c clock=%u value=%hu
config_analog_in oid=%c pin=%u
query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u min_value=%hu max_value=%hu range_check_count=%c
config_stepper oid=%c step_pin=%c dir_pin=%c invert_step=%c step_pulse_ticks=%u
reset_step_clock oid=%c clock=%u
queue_step oid=%c interval=%u count=%hu add=%hi
set_next_step_dir oid=%c dir=%c
stepper_get_position oid=%c
""".strip().splitlines()  # noqa: E501  (a line is a command)
RESPONSES = """
stats count=%u sum=%u sumsq=%u
starting
is_shutdown static_string_id=%hu
shutdown clock=%u static_string_id=%hu
config is_config=%c crc=%u is_shutdown=%c move_count=%hu
clock clock=%u
uptime high=%u clock=%u
trsync_state oid=%c can_trigger=%c trigger_reason=%c clock=%u
endstop_state oid=%c homing=%c next_clock=%u pin_value=%c
analog_in_state oid=%c next_clock=%u value=%hu
stepper_position oid=%c pos=%i
""".strip().splitlines()

DICTIONARY = json.dumps(
    {
        "app": "Klipper",
        "version": "none",
        "build_versions": "",
        "config": {
            "MCU": "none",
            "CLOCK_FREQ": 16_000_000,
            "STATS_SUMSQ_BASE": 256,
            "ADC_MAX": 4095,
            "PWM_MAX": 255,
            "RECEIVE_WINDOW": 192,
            "SERIAL_BAUD": 250_000,
        },
        "commands": {
            "identify offset=%u count=%c": 1,
            **{command: number for number, command in enumerate(COMMANDS, 2)},
        },
        "responses": {
            "identify_response offset=%u data=%.*s": 0,
            **{response: number for number, response in enumerate(RESPONSES, 60)},
        },
        "enumerations": {"pin": {"P0": [0, 32]}, "static_string_id": {"none": 1}},
    }
)

AXIS = """
[stepper_{axis}]
step_pin: P{step}
dir_pin: P{direction}
endstop_pin: P{endstop}
microsteps: 16
rotation_distance: {distance}
position_endstop: 0
position_max: {reach}
"""
PRINTER = """
[mcu]
serial: none
[printer]
kinematics: cartesian
max_velocity: 300
max_accel: 3000
max_z_velocity: 20
max_z_accel: 100
{axes}
[extruder]
step_pin: P10
dir_pin: P11
microsteps: 16
rotation_distance: 33
nozzle_diameter: 1.2
filament_diameter: 20
max_extrude_cross_section: 20
min_extrude_temp: 0
heater_pin: P12
sensor_type: EPCOS 100K B57560G104F
sensor_pin: P13
control: pid
pid_kp: 22
pid_ki: 1
pid_kd: 114
min_temp: 0
max_temp: 300
[heater_bed]
heater_pin: P14
sensor_type: EPCOS 100K B57560G104F
sensor_pin: P15
control: watermark
min_temp: 0
max_temp: 130
[fan]
pin: P16
[virtual_sdcard]
path: {gcodes}
[pause_resume]
[display_status]
"""


def configuration(gcodes: str) -> str:
    """printer.cfg for a printer of 220 x 220 x 200 mm with a syringe of 20 mm."""
    axes = "".join(
        AXIS.format(axis=axis, step=pin, direction=pin + 1, endstop=pin + 2, distance=distance, reach=reach)
        for axis, pin, distance, reach in (("x", 1, 40, 220), ("y", 4, 40, 220), ("z", 7, 8, 200))
    )
    return PRINTER.format(axes=axes, gcodes=gcodes)
