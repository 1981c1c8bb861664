"""Files of other libraries, read and written without them and without running anything from a file."""
