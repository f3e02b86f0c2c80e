"""Making manifests from one commit of the dry branch: kustomize, helm, plain files, or an own command."""
