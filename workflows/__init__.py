"""InvokeAI as a client sees it: documents, schemas, inputs, graphs, REST and events.

document   any export, read into one normal form                 forms, wiring
update     brought to a backend as its editor does               schema, literals
inputs     what it asks for, with an admin's edits               spec, naming, edits, words
values     what people type becomes what a field takes           scalars, compounds, match
check      what it lacks on a backend, and what comes out        findings, results
graph      the body of an enqueue_batch                          batches, generators, expand
client     the calls, and the events while it runs               connection, models, events, progress
"""
