"""Tables: columns, sorting and empty states of the lists."""
