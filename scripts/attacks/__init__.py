"""The worst that a caller with an ordinary token may send, within all limits of a document."""
