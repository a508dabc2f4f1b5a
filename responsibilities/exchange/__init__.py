"""Writers of formats, behind one small registry (`registry`).

This package and `exchange.pdf` stay empty: the processes that render a PDF import modules below
them without Django, and importing a module runs the packages above it.
"""
