"""config.yaml: the shipped one loads, and each way to write it wrong is refused with its line and its mend."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.registry import DRIVERS
from fulfillment.catalog import FOLDER
from fulfillment.config import Config, ConfigError, SecretMissing, check, load, load_factory
from fulfillment.config import Secret as SecretReference

Make = Callable[..., Path]


def test_the_shipped_factory_has_no_problem(factory: Make) -> None:
    path = factory()
    assert check(path) == []
    config = load(path)
    assert [machine.name for machine in config.machines][:3] == ["frosting-1", "frosting-2", "slip-printer"]
    assert {machine.driver for machine in config.machines} == set(DRIVERS), "the demo has every kind of machine"
    assert {config.machine(name).material for name in ("frosting-1", "frosting-2")} == {"frosting-chocolate"}
    assert config.web.host == "127.0.0.1"
    assert not config.web.keys_required


def test_relative_paths_are_relative_to_the_file(factory: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = factory()
    monkeypatch.chdir(path.parent)
    config = load(Path("config.yaml"))
    assert config.state == path.parent / ".factory"
    assert config.machine("frosting-1").address == str(path.parent / ".factory/frosting-1.tty")
    assert config.database.url == f"sqlite:///{path.parent}/.factory/fulfillment.db"
    assert config.catalog == path.parent / "fulfillment/catalog"


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.7", "socket://10.0.0.7:23", "printer.lan:631", "tcp:printer.lan:9100", "/dev/serial/by-id/x"],
)
def test_an_address_that_is_no_relative_path_stays(factory: Make, address: str) -> None:
    path = factory((".factory/frosting-1.tty", address))
    assert load(path).machine("frosting-1").address == address


def test_the_factory_is_frozen_and_travels_to_workers(factory: Make) -> None:
    whole = load_factory(factory())
    with pytest.raises(ValidationError):
        whole.config.site.name = "Another"
    assert pickle.loads(pickle.dumps(whole.config)) == whole.config  # noqa: S301 - our own bytes
    assert pickle.loads(pickle.dumps(whole.catalog["pop-tart"])) == whole.catalog["pop-tart"]  # noqa: S301


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "site: { name: Small }\n"
        "machines:\n  - { name: slips, driver: hot-folder, address: slips, processes: [document] }\n"
        'materials:\n  - { name: frosting-chocolate, kind: frosting, colour: "#000000" }\n'
        '  - { name: frosting-vanilla, kind: frosting, colour: "#ffffff" }\n'
    )
    config = load(path)
    assert config.catalog == FOLDER
    assert config.state == tmp_path / ".factory"
    assert config.artifacts == tmp_path / ".factory/artifacts"
    assert config.database.url == f"sqlite:///{tmp_path}/.factory/fulfillment.db"
    assert config.site.zone.key == "UTC"
    assert config.order_sources == ()


WRONG: list[tuple[str, str, str, str]] = [
    # what stands there, what is written instead, where (a text on the line), what is said
    ("    nozzle: 1.2 mm", "    nozle: 1.2 mm", "nozle", "Nobody reads a key 'nozle' here. Did you mean 'nozzle'?"),
    ("e_area: 314 mm2", "e_area: 3.14 cm2", "3.14", "'cm2' is a foreign unit here. Write '314 mm2'."),
    ("e_area: 314 mm2", "e_area: -1", "e_area: -1", "The value must be greater than 0."),
    ("x: 220 mm", "x: 22 cm", "22 cm", "'cm' is a foreign unit here. Write '220 mm'."),
    ("x: 220 mm", "x: wide", "wide", "'wide' is not a quantity. Write a number in mm, such as 12 or '12 mm'."),
    ("driver: marlin", "driver: marlim", "marlim", "No driver is called 'marlim'. Did you mean 'marlin'?"),
    (
        "material: frosting-chocolate",
        "material: frosting-choclate",
        "choclate",
        "No material is called 'frosting-choclate'. Did you mean 'frosting-chocolate'?",
    ),
    ("name: frosting-2", "name: frosting-1", "name: frosting-1", "'frosting-1' is the name of two of the machines."),
    ("frosting-2.tty", "frosting-1.tty", "frosting-1.tty", "is the address of two of the machines."),
    (
        "name: frosting-2",
        "name: Frosting 2",
        "Frosting 2",
        "is not a name. Small letters, digits and -, at most 40, such as 'frosting-2'.",
    ),
    (
        "processes: [extrude-food]",
        "processes: [extrude-fod]",
        "extrude-fod",
        "'extrude-fod' is not known here. Did you mean 'extrude-food'?",
    ),
    ("processes: [extrude-food]", "processes: []", "processes: []", "at least 1"),
    (
        "    limits: *frosting-limits\n",
        "",
        "name: frosting-2",
        "A machine that does extrude-food needs the key 'limits'.",
    ),
    ("    e_area: 314 mm2\n", "", "name: frosting-1", "A machine that extrudes needs the key 'e_area'."),
    (
        '"#3b2314"',
        "#3b2314",
        "colour: #3b2314",
        "The colour is empty. In YAML a # begins a comment: write the colour in quotes, '#3b2314'.",
    ),
    (
        '"#3b2314"',
        "brown",
        "brown",
        "'brown' is not a colour. Write red, green and blue as '#rrggbb', such as '#3b2314'.",
    ),
    ("allergens: [milk, soy]", "allergens: [milk, soja]", "soja", "'soja' is not known here."),
    (
        "timezone: America/New_York",
        "timezone: America/New_Yrok",
        "Yrok",
        "'America/New_Yrok' is no time zone. Did you mean 'America/New_York'?",
    ),
    (
        "host: 127.0.0.1",
        "host: factory.lan",
        "factory.lan",
        "and no keys are required. Add keys_required: true, or listen on 127.0.0.1.",
    ),
    ("port: 8137", "port: 81370", "81370", "The value must be at most 65535."),
    ("workers: 1", "workers: two", "workers", "A whole number is expected here."),
    ("memory: 1024 MB", "memory: 1 GB", "1 GB", "'GB' is a foreign unit here. Write '1000 MB'."),
    ("retention: 90 days", "retention: 3 months", "retention", "'months' is a foreign unit here. Write '90 days'."),
    (
        "secret: { env: FULFILLMENT_SHOPIFY_SECRET }",
        "secret: hush-hush-1234",
        "secret:",
        "A key must not stand in this file. Say where it is kept: { env: NAME } or { file: path }.",
    ),
    (
        "secret: { env: FULFILLMENT_SHOPIFY_SECRET }",
        "secret: { env: A, file: b }",
        "secret:",
        "A secret is kept in exactly one place.",
    ),
    (
        "secret: { env: FULFILLMENT_SHOPIFY_SECRET }",
        "secret: { env: 'hush-hush-1234' }",
        "secret:",
        "This is not the name of an environment variable.",
    ),
    (
        "sqlite:///.factory/fulfillment.db",
        "postgresql://me:hush-hush-1234@db/x",
        "postgresql",
        "A password must not stand in this file.",
    ),
    ("sqlite:///.factory/fulfillment.db", "mysql://db/x", "mysql", "This is not a database URL."),
    ("kind: shopify", "kind: shopfy", "shopfy", "'shopfy' is not known here. Did you mean 'shopify'?"),
    ("product: pop-tart", "product: pop-trat", "pop-trat", "No product is called 'pop-trat'. Did you mean 'pop-tart'?"),
    ("sku: POP-TART-VANILLA", "sku: POP-TART-CHOCOLATE", "sku: POP-TART-CHOCOLATE", "stands here for the second time."),
    (
        "options: { frosting: vanilla }",
        "options: { frostng: vanilla }",
        "frostng",
        "pop-tart has no option 'frostng'. Did you mean 'frosting'?",
    ),
    (
        "options: { frosting: vanilla }",
        "options: { frosting: mint }",
        "mint",
        "No choice is called 'mint'. Choices are: chocolate, vanilla.",
    ),
    ("Photo: photo", "Photo: foto", "foto", "pop-tart has no field or option 'foto'. Did you mean 'photo'?"),
    ("https://cdn.shopify.com/", "https://cdn.shopify.com", "cdn.shopify", "A prefix ends with /"),
    ("https://cdn.shopify.com/", "http://cdn.shopify.com/", "cdn.shopify", "Files are fetched by https only"),
    ("max_size: 20 MB", "max_size: 20000 KB", "20000", "'KB' is a foreign unit here. Write '20 MB'."),
    ("done_when: written", "done_wen: written", "done_wen", "The driver refuses this: no option is called done_wen"),
    ("done_when: written", "done_when: never", "never", "The driver refuses this: done_when:"),
    ("driver: marlin\n", "driver: marlin\n    options: { boud: 9600 }\n", "boud", "The driver refuses this: no option"),
    ("{ x: 220 mm, y: 220 mm, z: 60 mm }", "[220, 220, 60]", "[220", "is expected here. Its keys are: x, y, z."),
    ("state: .factory", "state: ~nobody-of-that-name/x", "state:", "names the home of a user who is not here."),
    ("state: .factory", "state: 3", "state:", "A path is expected here."),
    ("state: .factory", 'state: "a\\0b"', "state:", "A path holds no control characters."),
    ("site:\n", "sight:\n", "sight", "Nobody reads a key 'sight' here. Did you mean 'site'?"),
    (
        "  name: Fulfillment Demo Bakery\n",
        "",
        "site:",
        "The key 'name' is missing. Add it: The factory's name, on screens and packing slips.",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "says"), WRONG, ids=[f"{i}-{one[2]}" for i, one in enumerate(WRONG)])
def test_each_mistake_is_refused_with_its_line_and_its_mend(
    factory: Make, old: str, new: str, place: str, says: str
) -> None:
    path = factory((old, new))
    found = [p for p in check(path) if says in f"{p.text} {p.mend}"]
    assert found, [str(p) for p in check(path)]
    lines = path.read_text().split("\n")
    assert place in lines[found[0].line - 1]
    assert found[0].file == str(path)
    assert "hush-hush-1234" not in "".join(str(p) for p in check(path)), "a secret was repeated in a message"


def test_all_problems_come_at_once_in_the_order_of_the_file(factory: Make) -> None:
    path = factory(
        ("timezone: America/New_York", "timezone: Mars"),
        ("driver: marlin", "driver: marlim"),
        ("nozzle: 1.2 mm", "nozzle: 0.12 cm"),
        ("name: frosting-2", "name: frosting-1"),
        ("media: [a6]", "media: [a6]\n    colour: 3"),
        ("workers: 1", "workers: 0\n  workers: 2"),
        ("product: pop-tart", "product: cake"),
        product=(("zone: photo\n", "zone: foto\n"), ("after: [frost, slip]", "after: [frost, slop]")),
    )
    problems = check(path)
    assert [p.path for p in problems] == [
        "site.timezone",
        "machines[0].driver",
        "machines[0].nozzle",
        "machines[1].name",
        "machines[2].colour",
        "renderer.workers",
        "renderer.workers",
        "order_sources[0].skus[0].product",
        "fields.photo.zone",
        "route.pack.after",
    ]
    own = [p.line for p in problems if p.file == str(path)]
    assert own == sorted(own)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert refused.value.problems == tuple(problems)
    text = str(refused.value)
    assert text.startswith(f"There are {len(problems)} problems with the configuration:\n  {path}:")


def test_a_list_of_wrong_items_is_not_called_too_short(factory: Make) -> None:
    path = factory(
        ("driver: marlin\n    address: .factory/frosting-1.tty", "address: .factory/frosting-1.tty"),
        ("driver: marlin\n    address: .factory/frosting-2.tty", "address: .factory/frosting-2.tty"),
        ("    driver: hot-folder\n", ""),
    )
    said = [p.text for p in check(path)]
    assert said == ["The key 'driver' is missing."] * 3


def test_a_product_needs_a_material_that_is_there_and_a_recipe_for_its_kind(factory: Make) -> None:
    path = factory(("kind: frosting", "kind: ganache"), ("name: frosting-vanilla", "name: vanilla"))
    said = [str(p) for p in check(path)]
    assert any("'frosting-chocolate' is of the kind 'ganache', and there is no recipe for it." in one for one in said)
    assert any("No material of the factory is called 'frosting-vanilla'. Did you mean" in one for one in said)
    frosted = ("pop-tart.yaml:", "celebration-cookie.yaml:", "sweetheart-cookie.yaml:")
    assert all(any(name in one for name in frosted) for one in said)


BAMBOO = '  - name: bamboo\n    title: Bamboo\n    kind: bamboo\n    colour: "#5a3413"\n'
NO_BAMBOO = ((BAMBOO, ""), ("    material: bamboo\n", ""))


def test_a_product_needs_its_materials_where_a_machine_can_make_it(factory: Make) -> None:
    (said,) = [str(problem) for problem in check(factory(*NO_BAMBOO))]
    assert "bamboo-coaster.yaml:" in said and "No material of the factory is called 'bamboo'." in said


def test_a_product_that_no_machine_can_make_needs_no_material(factory: Make) -> None:
    no_laser = ("processes: [engrave]", "processes: [plot]")
    assert check(factory(*NO_BAMBOO, no_laser, no_laser)) == []


def test_only_a_machine_that_extrudes_needs_the_speed_of_a_feeder(factory: Make) -> None:
    first, *others = check(factory(("z: 10 mm/s, e: 5 mm/s", "z: 10 mm/s")))
    assert first.path == "machines[0].limits.speed"
    assert "machines[1].limits.speed" in {one.path for one in others}, "it shares the limits"
    assert str(first).endswith("The key 'e' is missing. Add it: Speed limit of the feeder.")


def test_a_file_that_is_not_there() -> None:
    (problem,) = check(Path("nowhere/config.yaml"))
    assert problem.text == "The file cannot be read: No such file or directory."


def test_a_host_other_than_loopback_with_keys_is_taken(factory: Make) -> None:
    config = load(factory(("host: 127.0.0.1", "host: factory.lan\n  keys_required: true")))
    assert config.web.keys_required


def test_secrets_are_read_where_they_are_kept_and_never_told(tmp_path: Path) -> None:
    kept = tmp_path / "secret"
    kept.write_text("hush-hush-1234\n")
    assert SecretReference(file=kept).read({}) == "hush-hush-1234"
    assert SecretReference(env="KEY").read({"KEY": "hush"}) == "hush"
    with pytest.raises(SecretMissing, match="the environment variable KEY is empty or not set"):
        SecretReference(env="KEY").read({})
    with pytest.raises(SecretMissing, match="cannot be read"):
        SecretReference(file=tmp_path / "none").read(os.environ)
    kept.write_bytes(b"x" * 5000)
    with pytest.raises(SecretMissing, match="more than 4096 bytes"):
        SecretReference(file=kept).read({})


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://cdn.shopify.com/s/files/cat.jpg?v=1", True),
        ("https://CDN.shopify.com/s/files/cat.jpg", True),
        ("http://cdn.shopify.com/s/files/cat.jpg", False),
        ("https://cdn.shopify.com.evil.example/cat.jpg", False),
        ("https://cdn.shopify.com@evil.example/cat.jpg", False),
        ("https://user@cdn.shopify.com/cat.jpg", False),
        ("https://cdn.shopify.com:8443/cat.jpg", False),
        ("https://evil.example/https://cdn.shopify.com/cat.jpg", False),
        ("https://cdn.shopify.com\\@evil.example/cat.jpg", False),
        ("file:///etc/passwd", False),
        ("https://[::1/cat.jpg", False),
        ("", False),
    ],
)
def test_only_files_below_an_allowed_prefix_are_fetched(factory: Make, url: str, allowed: bool) -> None:
    assert load(factory()).order_sources[0].downloads.allows(url) is allowed


def test_a_prefix_with_a_path_cannot_be_left_by_dots(factory: Make) -> None:
    config: Config = load(factory(("https://cdn.shopify.com/", "https://files.example/shop/")))
    allows = config.order_sources[0].downloads.allows
    assert allows("https://files.example/shop/a.jpg")
    assert not allows("https://files.example/shop/../secret/a.jpg")
    assert not allows("https://files.example/shop/%2e%2e/secret/a.jpg")
    assert not allows("https://files.example/shopping/a.jpg")
