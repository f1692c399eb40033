"""The shared language, and the translation into and out of it: pure, no disk, no clock, no wire."""
