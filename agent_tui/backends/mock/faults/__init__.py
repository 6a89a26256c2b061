"""How the mock desk misbehaves: what can go wrong, when, and for which frame.

`kinds` names the faults, `asking` reads what somebody asks for, `script` a whole bad day from a
file. `fate` decides, from a seed, what becomes of each frame; `live` knows what is on right now;
`line` carries it out on one console's line and `hands` on the desk as a whole.
"""
