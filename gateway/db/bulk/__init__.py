"""Many rows at once: whole tables are read and written, and what they are found by is made anew afterwards."""
