"""The service: configuration, database, jobs and their life. Imports InvokeAI's room, never Discord's library."""
