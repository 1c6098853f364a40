"""The publications that notes and thresholds rest on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication a note rests on."""

    author_year: str
    title: str
    identifier: str  # "" where it has none that was looked up


ALI = Citation(
    "Ali et al. 2022",
    "XAI for Transformers: Better Explanations through Conservative Propagation",
    "arXiv 2202.07304",
)
BARBERO = Citation(
    "Barbero et al. 2025", "Why do LLMs attend to the first token?", "arXiv 2504.02732"
)
BENJAMINI = Citation(
    "Benjamini and Hochberg 1995",
    "Controlling the False Discovery Rate: A Practical and Powerful Approach to Multiple Testing",
    "doi 10.1111/j.2517-6161.1995.tb02031.x",
)
BRUNNER = Citation("Brunner et al. 2020", "On Identifiability in Transformers", "arXiv 1908.04211")
CLARK = Citation(
    "Clark et al. 2019",
    "What Does BERT Look At? An Analysis of BERT's Attention",
    "arXiv 1906.04341 / W19-4828",
)
DARCET = Citation("Darcet et al. 2023", "Vision Transformers Need Registers", "arXiv 2309.16588")
FERRANDO = Citation(
    "Ferrando et al. 2022",
    "Measuring the Mixing of Contextual Information in the Transformer",
    "arXiv 2203.04212",
)
FESSER = Citation(
    "Fesser et al. 2026",
    "A Unifying View of Attention Sinks: Two Algorithms, Two Solutions",
    "arXiv 2606.08105",
)
GU = Citation(
    "Gu et al. 2024",
    "When Attention Sink Emerges in Language Models: An Empirical View",
    "arXiv 2410.10781",
)
GUO = Citation(
    "Guo et al. 2024",
    "Active-Dormant Attention Heads: Mechanistically Demystifying Extreme-Token Phenomena in LLMs",
    "arXiv 2410.13835",
)
HASE = Citation(
    "Hase et al. 2021",
    "The Out-of-Distribution Problem in Explainability and Search Methods for Feature Importance "
    "Explanations",
    "arXiv 2106.00786",
)
HESTERBERG = Citation(
    "Hesterberg 2015",
    "What Teachers Should Know About the Bootstrap: Resampling in the Undergraduate Statistics "
    "Curriculum",
    "arXiv 1411.5279",
)
JAIN = Citation("Jain and Wallace 2019", "Attention is not Explanation", "arXiv 1902.10186")
KOBAYASHI_2020 = Citation(
    "Kobayashi et al. 2020",
    "Attention is Not Only a Weight: Analyzing Transformers with Vector Norms",
    "arXiv 2004.10102 / 2020.emnlp-main.574",
)
KOBAYASHI_2021 = Citation(
    "Kobayashi et al. 2021",
    "Incorporating Residual and Normalization Layers into Analysis of Masked Language Models",
    "arXiv 2109.07152 / 2021.emnlp-main.373",
)
KOVALEVA = Citation(
    "Kovaleva et al. 2019",
    "Revealing the Dark Secrets of BERT",
    "arXiv 1908.08593 / D19-1445",
)
LIN = Citation("Lin 1991", "Divergence Measures Based on the Shannon Entropy", "")
MICHEL = Citation(
    "Michel et al. 2019", "Are Sixteen Heads Really Better than One?", "arXiv 1905.10650"
)
SERRANO = Citation("Serrano and Smith 2019", "Is Attention Interpretable?", "arXiv 1906.03731")
SUN = Citation(
    "Sun et al. 2024", "Massive Activations in Large Language Models", "arXiv 2402.17762"
)
SUNDARARAJAN = Citation(
    "Sundararajan et al. 2017", "Axiomatic Attribution for Deep Networks", "arXiv 1703.01365"
)
VOITA = Citation(
    "Voita et al. 2019",
    "Analyzing Multi-Head Self-Attention: Specialized Heads Do the Heavy Lifting, the Rest Can Be "
    "Pruned",
    "arXiv 1905.09418 / P19-1580",
)
XIAO = Citation(
    "Xiao et al. 2023",
    "Efficient Streaming Language Models with Attention Sinks",
    "arXiv 2309.17453",
)
