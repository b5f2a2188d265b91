# Was ein Mitglied erfährt, wenn etwas nicht gut ausgeht.

problems-our-side = Bei uns ist etwas schiefgegangen. Bitte versuch es noch einmal; wenn es bleibt, sag einem Admin dieses Servers Bescheid.
problems-no-database = Ich kann gerade nichts aufschreiben und habe deshalb nichts getan. Bitte versuch es später noch einmal, oder sag einem Admin Bescheid.
problems-away = InvokeAI antwortet gerade nicht. Bitte versuch es in einer Weile noch einmal.
problems-unheard = Discord hat meine Antwort nicht durchgelassen. Bitte sieh nach, ob es geschehen ist, und versuch es sonst noch einmal.
problems-manage-server = Dafür brauchst du die Berechtigung **Server verwalten**.
problems-command-gone = Dieser Befehl wurde gerade von diesem Server entfernt.
problems-command-changed = Dieser Befehl hat sich gerade geändert. Bitte gib ihn noch einmal ein.
problems-cannot-run = Dieser Workflow kann zurzeit nicht laufen: dem InvokeAI dahinter fehlt etwas, das er braucht. Bitte sag einem Admin dieses Servers Bescheid; `/workflow show` zeigt, was es ist.
problems-unreachable = InvokeAI hat lange nicht geantwortet, deshalb wurde dieser Auftrag aufgegeben. Bitte versuch es später noch einmal.
problems-restarting = Ich werde gerade neu gestartet. Bitte versuch es gleich noch einmal.
problems-restarted = InvokeAI wurde während dieses Auftrags zweimal neu gestartet. Bitte versuch es später noch einmal.
problems-full = In der Warteschlange von InvokeAI war lange kein Platz, deshalb wurde dieser Auftrag aufgegeben. Bitte versuch es später noch einmal.
problems-unfetched = Discord hat mir deine Datei lange nicht gegeben, deshalb wurde dieser Auftrag aufgegeben. Bitte versuch es später noch einmal.
problems-forgotten = InvokeAI kennt diesen Auftrag nicht mehr: er wurde dort gelöscht. Bitte starte ihn noch einmal.
problems-partly-forgotten = Ein Teil dieses Auftrags wurde auf InvokeAI gelöscht; das hier hat der Rest ergeben. Bitte starte ihn noch einmal.
problems-nothing-made = Der Workflow lief bis zum Ende, hat aber kein Bild und kein Video gemacht. Bitte sag einem Admin dieses Servers Bescheid.
problems-refused-video = InvokeAI kann dieses Video nicht lesen. Bitte häng eine MP4-Datei mit H.264-Video an.
problems-too-large = Die Ergebnisse sind für diesen Server zu groß, so klein man sie auch macht. Versuch es mit kleineren Maßen.
problems-no-files = Ich darf hier keine Dateien mehr anhängen, und auch eine Direktnachricht kam nicht bei dir an. Bitte einen Admin, mir **Dateien anhängen** zu geben, und starte es dann noch einmal.
problems-vanished = Die Ergebnisse wurden auf InvokeAI gelöscht, bevor ich sie posten konnte. Bitte starte es noch einmal.
problems-large-video = Das Video hat { $has }; bis zu { $most } passen hier. Versuch es mit weniger Bildern oder kleineren Maßen.
problems-little-more = etwas mehr als { $most }

# Ein Schritt des Workflows.
problems-step = Der Schritt **{ $title }** ist fehlgeschlagen
problems-a-step = Ein Schritt ist fehlgeschlagen
problems-known = { $step }. { $why }
problems-reason = { $step }: { $reason }. Versuch es mit anderen Werten; wenn es bleibt, nenn einem Admin die Nummer des Auftrags.
problems-no-reason = { $step }. Versuch es mit anderen Werten; wenn es bleibt, nenn einem Admin die Nummer des Auftrags.
problems-out-of-memory = Der Grafikkarte ging der Speicher aus. Versuch es mit kleineren Maßen oder weniger Bildern.
problems-missing-input = Dem Workflow fehlt ein Wert, den er braucht. Bitte sag einem Admin dieses Servers Bescheid.
problems-picture-gone = Ein Bild, das er braucht, ist nicht mehr auf dem Server von InvokeAI. Bitte versuch es noch einmal.
problems-video-gone = Ein Video, das er braucht, ist nicht mehr auf dem Server von InvokeAI. Bitte versuch es noch einmal.
problems-not-saved = Er konnte ein Bild nicht speichern: vielleicht ist die Platte voll. Bitte sag einem Admin dieses Servers Bescheid.
problems-model-gone = Ein Modell, das der Workflow braucht, ist nicht mehr installiert. Bitte sag einem Admin Bescheid.
problems-refused-field = InvokeAI nimmt **{ $field }** im Schritt **{ $step }** nicht, so wie es in diesem Workflow steht{ $reason }. Bitte sag einem Admin Bescheid.
problems-refused-step = InvokeAI nimmt den Schritt **{ $step }** nicht, so wie er in diesem Workflow steht{ $reason }. Bitte sag einem Admin Bescheid.

problems-too-many-runs = Das wären { $count } Durchläufe auf einmal; bis zu { $most } sind hier möglich.
problems-no-backend = Ein Backend **{ $name }** gibt es nicht. Es gibt: { $names }.
