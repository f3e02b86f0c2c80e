"""A job of a CI system that runs promoter, whichever that is: what it is asked for, what it does, what it leaves."""
