"""Which runs stand behind the chapters? Leagues of attacks, sweeps over seeds, studies, and their committed scores."""
