"""How the speaker model cuts: its settings, built in or learned from the team."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeakerModelSettings:
    """How the model cuts.

    Attributes:
        alpha: concentration, above 0; small values favour scenes of few speakers.
        penalty: price of one boundary in nats; more means fewer scenes.
        longest_scene: most rows of one suggested scene.
        temper: factor on scores and prices of the probabilities; 1 takes them as they are.
        weight: factor on what the speakers say, against the prior of scene lengths.
        length_mean, length_sd: mean and deviation of the logarithm of a scene's rows, learned
            from agreed episodes; a deviation of 0 is no prior.
    """

    alpha: float = 3.0
    penalty: float = 3.0
    longest_scene: int = 160
    temper: float = 1.0
    weight: float = 1.0
    length_mean: float = 0.0
    length_sd: float = 0.0


DEFAULT_SETTINGS = SpeakerModelSettings()
