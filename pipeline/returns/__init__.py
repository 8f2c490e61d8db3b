"""What is particular to the files of sites: finding, reading, laying out and parsing them, and saying what to mend."""
