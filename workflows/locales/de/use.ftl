# Ein Bild, mit dem jemand weitermachen will: der Knopf „Als Eingabe“ und die Menüs „Mit diesem Bild starten“ und „Mit dem Avatar starten“.

use-which = Welcher Workflow soll dieses Bild bekommen?
use-which-of = Wähle eins dieser { $count } Bilder und dann den Workflow, der es bekommen soll.
use-picture = Bild
use-workflow = Workflow
use-more = Weitere Workflows
use-page = Workflows { $first } bis { $last } von { $count }. Jeden davon kannst du auch in `/run` eintippen.
use-first-pictures = Das sind die ersten { $count }; es gibt mehr.
use-too-large = { $count ->
    [one] Ein Bild fehlt hier, weil es größer als { $limit } MiB ist.
   *[other] { $count } Bilder fehlen hier, weil sie größer als { $limit } MiB sind.
}
use-no-picture = An dieser Nachricht ist kein Bild, das ich benutzen kann. Was ein Link zeigt, zählt nicht: Speichere es und poste es.
use-only-too-large = Dieses Bild ist zu groß; bis zu { $limit } MiB sind in Ordnung.
use-no-results = Die Bilder dieses Auftrags sind weg: Seine Nachrichten wurden gelöscht, oder ich darf sie nicht mehr lesen.
use-nothing = Kein Workflow dieses Servers nimmt ein Bild, oder keiner, den du hier ausführen darfst.
use-servers-only = Workflows gehören zu Servern. Mach das bitte auf einem Server, auf dem es mich und Workflows gibt.
use-in-direct = Workflows gehören zu Servern, darum kann ich von hier aus keinen starten. Nimm auf dem Server, auf dem du gefragt hast, **Mit diesem Bild starten** oder `/job` mit `{ $job }`.
use-picture-gone = Dieses Bild ist weg: Seine Nachricht wurde gelöscht, oder seine Adresse ist älter als ein Tag.
use-takes-none = Dieser Workflow nimmt kein Bild mehr. Wähle bitte einen anderen.
