"""What does this project do on a GPU: the same scores, how fast, and with which result?

``python -m helpers bench-gpu`` answers with one JSON. A section of it is a list of small measurements; each is written down as
soon as it is known, a failure of one is noted and stops no other, and what there was no time for is named.
"""
