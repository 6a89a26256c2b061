"""Files that came with a message: fetched into quarantine, named by us, judged by their content.

`naming` makes a harmless name, `saving` keeps the bytes where nothing else lies, `kinds` says what
they are and whether they may be opened, `fetching` does all of it in order.
"""
