"""How often is an innocent model accused? Simulated audits of models that saw neither folder, whose folders differ."""
