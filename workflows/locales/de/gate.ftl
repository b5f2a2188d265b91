# Vor der Warteschlange: wie viel jemand laufen haben darf, und wann wieder Platz ist.

gate-jobs = { $count ->
    [one] einen Auftrag
   *[other] { $count } Aufträge
}
gate-now = jeden Moment

gate-user = { $count ->
    [one] Du hast einen Auftrag offen, und mehr darfst du nicht haben. Du kannst ihn auch abbrechen.
   *[other] Du hast { $count } Aufträge offen, und mehr darfst du nicht haben. Du kannst auch einen abbrechen.
}
gate-user-until = { $count ->
    [one] Du hast einen Auftrag offen, und mehr darfst du nicht haben. Er sollte { $when } fertig sein. Du kannst ihn auch abbrechen.
   *[other] Du hast { $count } Aufträge offen, und mehr darfst du nicht haben. Der erste davon sollte { $when } fertig sein. Du kannst auch einen abbrechen.
}
gate-guild = Dieser Server hat { $jobs } offen, und mehr darf er nicht haben. Bitte versuch es später noch einmal.
gate-guild-until = { $count ->
    [one] Dieser Server hat einen Auftrag offen, und mehr darf er nicht haben. Er sollte { $when } fertig sein. Bitte versuch es dann noch einmal.
   *[other] Dieser Server hat { $count } Aufträge offen, und mehr darf er nicht haben. Der erste davon sollte { $when } fertig sein. Bitte versuch es dann noch einmal.
}
gate-workflow = Dieser Workflow hat { $jobs } offen, und mehr darf er nicht haben. Bitte versuch es später noch einmal.
gate-workflow-until = { $count ->
    [one] Dieser Workflow hat einen Auftrag offen, und mehr darf er nicht haben. Er sollte { $when } fertig sein. Bitte versuch es dann noch einmal.
   *[other] Dieser Workflow hat { $count } Aufträge offen, und mehr darf er nicht haben. Der erste davon sollte { $when } fertig sein. Bitte versuch es dann noch einmal.
}
gate-own = { $count ->
    [one] Du hast einen Auftrag dieses Workflows offen, und mehr darfst du davon nicht haben. Du kannst ihn auch abbrechen.
   *[other] Du hast { $count } Aufträge dieses Workflows offen, und mehr darfst du davon nicht haben. Du kannst auch einen abbrechen.
}
gate-own-until = { $count ->
    [one] Du hast einen Auftrag dieses Workflows offen, und mehr darfst du davon nicht haben. Er sollte { $when } fertig sein. Du kannst ihn auch abbrechen.
   *[other] Du hast { $count } Aufträge dieses Workflows offen, und mehr darfst du davon nicht haben. Der erste davon sollte { $when } fertig sein. Du kannst auch einen abbrechen.
}
gate-daily = { $count ->
    [one] Du hast diesen Workflow in den letzten 24 Stunden schon einmal gestartet, und öfter darfst du in dieser Zeit nicht. Du kannst ihn { $when } wieder starten.
   *[other] Du hast diesen Workflow in den letzten 24 Stunden { $count } Mal gestartet, und öfter darfst du nicht. Du kannst ihn { $when } wieder starten.
}
gate-cooldown = Dieser Workflow macht zwischen zwei deiner Läufe eine Pause. Du kannst ihn { $when } wieder starten.
gate-time = Du hast { $used } von den { $most } Minuten verbraucht, die du in 24 Stunden von InvokeAI hast. Platz ist wieder { $when }.
gate-time-more = Du hast { $used } von den { $most } Minuten verbraucht, die du in 24 Stunden von InvokeAI hast, und deine offenen Aufträge brauchen etwa { $more } mehr. Platz ist wieder { $when }.
