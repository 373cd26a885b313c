/** What observations of the mesh mean. Weft collects none, so there is nothing to compute, and nobody imports this package. */
export {};
