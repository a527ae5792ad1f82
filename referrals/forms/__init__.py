"""Forms: questions and their validation. They never call actions and never query the database."""
