"""Words that masking must tell from names."""

from __future__ import annotations

_TITLES = (
    "mr mrs ms miss mx dr doctor prof professor sir dame lord lady sister matron nurse rev cllr"
)
_GREETINGS = "hi hello hey hiya dear thanks thankyou cheers ta ask asked tell told regards cc"
_COMMON = """
a ace act all also am amber an and angel any april are art as at august autumn back baker ball
bank banks bar barber bay be bean bear beer bell berry best better bill bin bird bishop black blue
bond book booker bowl bowler boy brand bridge bright brook brown buck bud buddy bull burn burns
bus bush but butcher butler by call camp can cannon car card carol carpenter cars carter case cash
castle cat chance chase chef child church city clay clean clear clerk cliff close cloud coffee
cook cooper corn could count cousin cox craft crane crisp cross crystal daily dale dates dawn day
days de deal dean dear dell desk dew did do does dog don done dove down draw drew drink drum duke
each early earth east eat eden else end ending english even ever every fair faith farm farmer fast
feather few field fields fine finish first fish fisher flint flower flowers fly folk for ford
forest foster fox frank free french friday friend from frost fry full game garden gardener gay
gene gentle gift glass go god gold golden good grace grant grass grave great green grey grove
guest guy had hair hale half hall ham hand handy happy hard harder harm harp has have hay he head
health heart heath heather help her here hers hi high hill hilly hood hook hope hopper hour house
how hunt hunter i if in ink inn is it its january jay jet job joy judge july june just keen keep
kid kind king knight know la lad lake lamb land lane large last law le lead leaf less let light
like line list little live lock long look lord lot love low luck lucky made major make man manager
many march mark market marks marsh marshal mason mast mat may me mead mean medic meek mercy merit
merry mid might mile miles mill miller mills mind mine miss mole monday money moon moor more
morning moss most much must my nail name near need new news next nice night no noble none nor
north not note nothing now nurse nut oak of off old olive on one only open or order other our out
over own pack page paint palm parish park parker parks part pass past pat patience patient pay
peace pear pearl pen penny people person pet phone pick pike place plain plant please plum point
pole pond pool poor pope port porter post pot potter power powers precious press price pride
prince print prior put queen quick rain raise raven ray read real reed rest rice rich ride right
ring rise river rivers roach road robin rock rod roman room root rose round rouse row royal ruby
rush rust sad sage said saint sale sales salt same sand sandy saturday savage say school sea see
seed self sell send sergeant set shall sharp she shepherd shore short should show side sign silver
simple since sing singer single sky slack slate small smart snow so soft some song soul south
spark speak spears speed spring staff star steel step stern steward still stock stone story straw
street strong sue summer summers sun sunday sunny sure swan sweet swift tab take talk tall tan
task tea team tell temple than thank that the their them then there they thin thing thorn thursday
thus time to today too top town trainer trip trust try tuesday turner two under union up us use
vale van very vet view violet virgin viva von walk walker wall want ward warden warm was waste
water waters way we weaver wednesday weeks well west what when where which white who why wide wild
will wing winner winter wise wish with wolf wood woods word work worth would write yammer yard yes
yet you young your
"""

TITLES = frozenset(_TITLES.split())
"""A capitalised word after one of these is a name, on the identity list or not."""

GREETINGS = frozenset(_GREETINGS.split())
"""A word after one of these is a name if it is on the identity list."""

COMMON_WORDS = frozenset(_COMMON.split())
"""Words that are also somebody's name; masked only where they are written as one."""
