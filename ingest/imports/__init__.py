"""Files become facts: pure readers of what a merchant, Amazon or the older service wrote down.

Each reader reads its file twice: once to check all of it, and once to tell its facts. Nothing is sent from here.
"""
