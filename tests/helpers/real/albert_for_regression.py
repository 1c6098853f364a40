"""A user's own model: an ALBERT with one linear layer on [CLS] that predicts a number.

Nothing in it is made for this project: it loads with the default attention implementation, never
asks for attention maps, and returns a tuple.
"""

from torch import Tensor, nn
from transformers import AlbertModel


class AlbertForRegression(nn.Module):
    def __init__(self, pretrained_model_name: str) -> None:
        super().__init__()
        self.albert = AlbertModel.from_pretrained(pretrained_model_name)
        self.regressor = nn.Linear(self.albert.config.hidden_size, 1)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> tuple[Tensor | None, Tensor, tuple[Tensor, ...] | None]:
        outputs = self.albert(
            input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )
        prediction = self.regressor(outputs.last_hidden_state[:, 0])
        loss = None
        if labels is not None:
            loss = nn.functional.mse_loss(prediction.squeeze(-1), labels)
        return loss, prediction, outputs.attentions
