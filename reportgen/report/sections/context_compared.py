"""What every section of a comparison is made from."""

from dataclasses import dataclass
from functools import cached_property

from reportgen.comparison import Comparison
from reportgen.report.language.comparison import CompareWords
from reportgen.report.options import CompareOptions
from reportgen.report.sections.page_section import PageContext


@dataclass(frozen=True)
class CompareContext(PageContext):
    """What the sections of several runs are made from."""

    options: CompareOptions
    output: str = "compare.html"

    @property
    def comparison(self) -> Comparison:
        """The comparison of the first run and the last."""
        comparison = self.runs.comparison
        assert comparison is not None
        return comparison

    @cached_property
    def words(self) -> CompareWords:
        """Writes the figures of the comparison."""
        return CompareWords(self.comparison, self.language)

    @property
    def title(self) -> str:
        """The title that the user gave, or the usual one."""
        models = self.comparison.all_models
        usual = self.words.say("title_many", n=len(models.infos)) if models else None
        return self.options.title or usual or self.words.say("title")

    @property
    def models(self) -> str:
        """The names of the first model and the last."""
        return " → ".join(self.names)

    def name_of(self, section: str) -> str:
        """The name of a section in the navigation, by its id."""
        key = f"nav_{section}"
        has_own = key in self.language.words["compared"]
        return self.words.say(key) if has_own else super().name_of(section)

    @property
    def names(self) -> tuple[str, str]:
        """The names of both models; of two with one name those of the folders of their results,
        where these are kept, else with the beginning of their weights' checksums."""
        base, head = (s.info.model for s in (self.comparison.base, self.comparison.head))
        folders = self.comparison.folders
        if base.name != head.name or base.weights_sha256 == head.weights_sha256:
            return base.name, head.name
        if all(folders) and len(set(folders)) > 1:
            return folders[0], folders[-1]
        first, last = (f"{model.name} ({model.weights_sha256[:8]})" for model in (base, head))
        return first, last

    @property
    def is_demo(self) -> bool:
        """Whether one of the models comes with the package."""
        sides = (self.comparison.base, self.comparison.head)
        return "demo" in {side.info.model.source for side in sides}
