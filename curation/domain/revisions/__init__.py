"""A corrected script replaces the one before it and takes over its annotations."""

from .carrying import carry_over, retire_script
from .planning import CarryOverPlan, plan_carry_over

__all__ = ["CarryOverPlan", "carry_over", "plan_carry_over", "retire_script"]
