# smells: package-upgrade
FROM registry.access.redhat.com/ubi9/ubi-minimal
RUN microdnf -y update && microdnf clean all
CMD ["true"]
