"""Models from folders, the hub, factories and memory."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.models.loading.checkpoint import (
        load_checkpoint,
        read_state_dict,
        require_readable,
        weights_sha256,
    )
    from reportgen.models.loading.factory import build_module, fill_required_arguments, importable
    from reportgen.models.loading.load import (
        HANDED_OVER,
        cut_at_the_end,
        load_tokenizer,
        padding_id,
        require_fit,
        require_vocabulary,
    )
    from reportgen.models.loading.pretrained import (
        Pretrained,
        folder_max_tokens,
        folder_pooling,
        load_pretrained,
        placing,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
