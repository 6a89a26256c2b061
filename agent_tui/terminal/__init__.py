"""Both ways between the program and the terminal, each behind a wall.

`output_wall` and `plain_wall` let out only what is meant to leave; `input_wall` tells keys from
pastes and from answers of the terminal; `driver` puts them where the framework reads and writes.
"""
