"""The register of recipes for hosts: where each goes, and its file in `templates/recipes`."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Host: TypeAlias = Literal["github", "gitlab", "azure", "bitbucket", "jenkins"]
# Where a host looks for a recipe, and which file of `templates/recipes` that is.
RECIPES: Mapping[Host, Mapping[str, str]] = {
    "github": {
        ".github/workflows/attention.yml": "github.yml",
        ".github/workflows/attention-comment.yml": "github-comment.yml",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab.yml"},
    "azure": {"azure-pipelines.yml": "azure.yml"},
    "bitbucket": {"bitbucket-pipelines.yml": "bitbucket.yml"},
    "jenkins": {"Jenkinsfile": "jenkins.groovy"},
}
