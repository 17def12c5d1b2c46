"""What a change meets that others made meanwhile."""


class ChangedMeanwhile(Exception):
    """The database is not any more what the decision was made on. Nothing was changed; all of it can be tried again."""
