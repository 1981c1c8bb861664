"""Sound programs, faults put into them one by one, and what the doctor says of each."""
