"""What there is at which address, and who may have it. Entered for one request."""

from micropython import const

from firmware import HttpError, web_access

# Nobody unknown may take more memory.
_SMALL = const(512)
# What becomes an object beside the rooms that check it.
_MEDIUM = const(4096)
_LARGE = const(16384)

# word behind /api/v1/ (with a / where a name follows), methods (Get, Post, pUt, Delete), who may (0 everybody, 1 who may read, 2 who is
# logged in), room.
_ROUTES = (" session:G:0:login login:P:0:login logout:P:0:login tokens:GP:2:login tokens/:D:2:login readings:G:1:events events:G:1:events "
           "history:G:1:history energy:G:1:energy usage:G:1:usage journal:G:2:journal journal/:P:2:bring peaks:G:1:report "
           "peaks/:P:2:correct cost:G:1:report tariff:GU:2:own contract:GU:2:own prices:U:2:prices status:G:1:state log:G:2:telegram "
           "telegram:G:2:telegram metrics:G:1:metrics settings:GU:2:settings backup:GP:2:backup restore:P:2:restore restart:P:2:device "
           "factory-reset:P:2:device scan:G:2:device wifi:GP:2:device data:G:3:homewizard ")


# What may not be in memory together with the rooms that count peaks and costs.
_HEAVY = const(" energy journal journal/ tariff contract ")


def find(door, request):
    """(word, octets that its body may have or 0 where none is read, room) of a request that is let in. Raises HttpError."""
    web_access.check(door, request)
    path = request.path
    if path[:8] == "/api/v1/":
        word, _, request.name = path[8:].partition("/")
        if request.name:
            word += "/"
    else:
        word = {"/metrics": "metrics", "/api": "data"}.get(path, "")
    at = _ROUTES.find(" " + word + ":") if word and ":" not in word and " " not in word else -1
    if at < 0:
        if word or path not in ("/", "/index.html", "/openapi.json"):
            raise HttpError(404, "there is nothing here")
        word, methods, right, room = "", "G", "0", "files"
    else:
        word, methods, right, room = _ROUTES[at + 1:_ROUTES.find(" ", at + 1)].split(":")
    letter = {"GET": "G", "HEAD": "G", "POST": "P", "PUT": "U", "DELETE": "D"}.get(request.method, "-")
    if letter not in methods:
        names = {"G": "GET, HEAD", "P": "POST", "U": "PUT", "D": "DELETE"}
        raise HttpError(405, "not with this method", "Allow: %s\r\n" % ", ".join(names[letter] for letter in methods))
    if right != "0":
        web_access.admit(door, request, word, int(right))
    dues = door.keeper and door.keeper.dues
    if dues and word and " " + word + " " in _HEAVY:
        if dues.busy:
            raise HttpError(503, "something is being counted", "Retry-After: 2\r\n")
        dues.again = max(dues.again, door.log.uptime() + 2)
    most = 0
    if letter in "PU":
        most = _SMALL if right != "2" else _MEDIUM if room == "own" else _LARGE
    return word, most, "web_" + room
