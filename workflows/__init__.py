"""InvokeAI as a client sees it: documents, schemas, inputs, graphs, REST and events.

Knows nothing of Discord and of the database.
"""
