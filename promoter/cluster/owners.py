"""The objects of one cluster, and which of them delivers a slot.

The owner is the one object whose repository, branch and path are the slot's; for a slot edited in place whose path is
a file, also the one that delivers its folder, when none names the file itself. An object that follows the default
branch is taken only when none names the branch. None, or several, is an answer too: a sentence that names them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from promoter.cluster.objects import Key, Object, dig, key_of, text
from promoter.cluster.port import Wanted
from promoter.cluster.reader import Reader, Related, Source
from promoter.cluster.readers import READERS
from promoter.model.snapshot import Slot


@dataclass(frozen=True, slots=True)
class Owner:
    """An object that delivers, its reader, and one place that it delivers from."""

    key: Key
    obj: Object
    reader: Reader
    source: Source


class Cluster:
    """What was seen of one cluster: made once a look, asked once a slot."""

    __slots__ = ("_by_key", "_by_path", "_doubled", "_fetch", "repository")

    def __init__(self, objects: Iterable[Object], repository: str = "", fetch: Related | None = None) -> None:
        """Index `objects`; `repository` is the URL of the config repository, empty when it is not known.

        An object that is there twice with different content counts as not there: either may be the old one. `fetch`
        gives objects that are not among them, once an owner was read; owners and their sources must be among them.
        """
        self._fetch = fetch
        self.repository = _same_repository(repository)
        self._by_key: dict[Key, Object] = {}
        self._doubled: set[Key] = set()
        for obj in objects:
            key = key_of(obj)
            if key is None:
                continue
            if self._by_key.setdefault(key, obj) != obj:
                self._doubled.add(key)
        self._by_path = self._owners()

    def _owners(self) -> Mapping[str, list[Owner]]:
        owners: dict[str, list[Owner]] = defaultdict(list)
        for key, obj in self._by_key.items():
            reader = READERS.get(key.group_kind)
            for source in dict.fromkeys(reader.sources(obj, self._known)) if reader else ():
                owners[source.path].append(Owner(key, obj, READERS[key.group_kind], source))
        return owners

    def related(self, key: Key) -> Object | None:
        """Give the object called `key`; None when it is not there, or there twice. Raises what `fetch` raises."""
        if key in self._by_key or self._fetch is None:
            return self._known(key)
        return self._fetch(key)

    def _known(self, key: Key) -> Object | None:
        return None if key in self._doubled else self._by_key.get(key)

    def owner(self, wanted: Wanted) -> Owner | str:
        """Give the object that delivers the slot, or why there is none."""
        found = self._named(wanted.object) if wanted.object else self._found(wanted)
        if isinstance(found, Owner) and found.key in self._doubled:
            return f"{found.key} is there twice, with different content"
        return found

    def matches(self, slot: Slot, source: Source) -> bool:
        """Tell whether `source` is where the slot stands, or may be: its branch may be the default one."""
        return source.path in _paths(slot) and source.branch in ("", slot.branch) and self._repository_matches(source)

    def _repository_matches(self, source: Source) -> bool:
        return not (source.repository and self.repository) or _same_repository(source.repository) == self.repository

    def _named(self, name: str) -> Owner | str:
        found = [
            Owner(key, obj, reader, Source())
            for key, obj in self._by_key.items()
            if str(key) == name and (reader := READERS.get(key.group_kind)) and reader.sources(obj, self._known)
        ]
        return _only(found, f"there is no {name} that delivers from Git")

    def _found(self, wanted: Wanted) -> Owner | str:
        slot = wanted.slot
        here = [owner for path in _paths(slot) for owner in self._by_path.get(path, ())]
        matching = [owner for owner in here if self.matches(slot, owner.source)]
        exact = [owner for owner in matching if owner.source.branch == slot.branch]
        found = _once(_naming(slot, exact or matching))
        if len(found) > 1:
            # One controller may serve several clusters from the same slot: then the destination tells them apart.
            here_only = [owner for owner in found if _destination(owner.obj) == wanted.cluster]
            found = here_only or found
        others = f"; {_list(_once(here))} delivers that path from elsewhere" if here else ""
        return _only(found, f"nothing delivers {slot.path or 'the root'} of branch {slot.branch}{others}")


def _naming(slot: Slot, owners: list[Owner]) -> list[Owner]:
    """Give those that name the very file of `slot`, when any does: several may share the chart that it lies in."""
    return [owner for owner in owners if owner.source.path == slot.path] or owners


def _destination(obj: Object) -> str:
    return text(dig(obj, "spec", "destination"), "name")


def _once(owners: Iterable[Owner]) -> list[Owner]:
    return list({owner.key: owner for owner in owners}.values())


def _only(found: list[Owner], none: str) -> Owner | str:
    if len(found) > 1:
        return f"{_list(found)} all deliver it: name one in the config"
    return found[0] if found else none


def _list(owners: list[Owner]) -> str:
    names = sorted(str(owner.key) for owner in owners)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _paths(slot: Slot) -> tuple[str, ...]:
    folder, _, name = slot.path.rpartition("/")
    is_file = slot.in_place and name.endswith((".yaml", ".yml", ".json"))
    return (slot.path, folder) if is_file else (slot.path,)


def _same_repository(url: str) -> str:
    """Give what two URLs of one repository have in common: host and path, whatever protocol, user and ending."""
    if "://" not in url and ":" in url.partition("/")[0]:
        host, _, path = url.partition(":")
        url = f"ssh://{host}/{path}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.casefold()
    path = parts.path.strip("/").removesuffix(".git")
    return f"{parts.hostname or ''}/{path}".casefold() if url else ""
