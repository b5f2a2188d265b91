# Was mehr als ein Thema sagt.

shared-not-known = Dieser Auftrag ist hier nicht mehr bekannt.
shared-no-workflow = Dieser Workflow wurde inzwischen von diesem Server entfernt.
