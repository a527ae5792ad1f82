"""Forms: what is asked and how it is checked. They never call actions and never fetch rows by themselves."""
