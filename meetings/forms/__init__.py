"""Forms about a meeting. Choices are passed in; forms neither query nor save."""
