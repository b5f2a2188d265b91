# Was mehr als ein Thema sagt.

shared-not-known = Dieser Auftrag ist hier nicht mehr bekannt.
shared-no-workflow = Dieser Workflow wurde inzwischen von diesem Server entfernt.
shared-no-such-workflow = Einen Workflow `/{ $typed }` gibt es hier nicht. `/workflow list` zeigt, welche es gibt.
shared-more-lines = { $count ->
    [one] und 1 weitere Zeile
   *[other] und { $count } weitere Zeilen
}
