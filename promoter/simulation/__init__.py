"""Playing a script of events on a scratch copy: the real run and forge, with a clock and clusters that are played."""
