"""Packing: makes the programs and libraries of a slim image smaller with strip and UPX."""
