"""What the engine asks of the journal about names: of outputs, and of files that several bundles use."""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Protocol

from retouchd.core.values import BundleId, JobId, Sha256


class Names(Protocol):
    """Names in the outbox and in the inbox."""

    def reserve_stem(self, wished: PurePosixPath, job: JobId) -> PurePosixPath:
        """Reserve an output's stem for a job: the wished one, else the first free number of it."""
        ...

    def take_over_stem(self, wished: PurePosixPath, job: JobId, of: BundleId | None = None) -> PurePosixPath:
        """Reserve a stem in the same way, but also one that a job had which is over.

        Args:
            of: Only one of a photo that had the same place in the inbox as this one; None for any.
        """
        ...

    def outputs_at(self, path: PurePosixPath, but: JobId) -> Collection[Sha256]:
        """Give the hashes of what jobs that are done have delivered under a name, but one job."""
        ...

    def share_files(self, bundle: BundleId, paths: Iterable[PurePosixPath | str]) -> None:
        """Note which files a bundle uses that others may use, too; what was noted before is forgotten."""
        ...

    def is_left_to_others(self, path: PurePosixPath, bundle: BundleId) -> bool:
        """Say whether a file stays when a bundle is filed, since another one uses it, or is that photo."""
        ...
