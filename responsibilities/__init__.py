"""The application: responsibility models, workspaces, matrices, evidence and sign-offs."""
