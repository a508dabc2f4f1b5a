"""The RACI PDF, from the matrix to the bytes.

`document` decides what the file holds and puts it together. `contexts` says what stands on the
pages, the templates in ``templates/pdf/`` say how. `pool` starts the processes that do the work:
`worker` runs in them, `engine` renders one part, `merge` makes one file of all parts. `cache` keeps
rendered parts. `worker`, `engine`, `merge` and what they import know nothing of Django.
"""
