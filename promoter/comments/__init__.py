"""Commands in comments on a forge: the same verbs as at a terminal, said as `/promoter VERB ...`."""
