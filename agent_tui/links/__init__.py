"""Links in what people write: found, examined, and opened only by a way of our own.

`find` looks for them in text that has been made harmless, `host` says where one really leads and
what is odd about it, `opening` hands it to the program that opens it.
"""
