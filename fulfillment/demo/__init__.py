"""A factory of simulators, real orders, and a person who takes pieces off beds: the whole chain in a minute."""
