"""Fit the reference file of the current scorecard on the made-up population: `python -m
bench.credit_reference`."""

from datetime import date

from bench.credit_population import Population
from credit.definitions import CURRENT, HERE, load_scorecard
from credit.engine.fit import fit_reference

ENTERPRISES = 5_000
SEED = 7
AS_OF = date(2025, 12, 31)


def main() -> None:
    card = load_scorecard()
    population = Population(ENTERPRISES, AS_OF, card, SEED)
    label = f"合成样本（{ENTERPRISES} 户，种子 {SEED}）"
    reference = fit_reference(population.inputs(), card, label, population.inputs(delivered=False))
    (HERE / f"reference_{CURRENT}.json").write_text(reference.json + "\n", "utf-8")


if __name__ == "__main__":
    main()
