// Both images for two architectures: docker buildx bake -f deploy/docker/docker-bake.hcl --push
// SOURCE_DATE_EPOCH (of the last commit: git log -1 --format=%ct) makes two builds of one commit the same.

variable "REGISTRY" { default = "" }
variable "TAG" { default = "0.1.0" }
variable "ACCORD_REVISION" { default = "unknown" }

group "default" { targets = ["accord", "development"] }

target "accord" {
  dockerfile = "deploy/docker/Dockerfile"
  target     = "production"
  platforms  = ["linux/amd64", "linux/arm64"]
  args       = { ACCORD_REVISION = ACCORD_REVISION }
  tags       = ["${REGISTRY}accord:${TAG}"]
  attest     = ["type=sbom", "type=provenance,mode=max"]
  output     = ["type=image,rewrite-timestamp=true"]
}

target "development" {
  inherits = ["accord"]
  target   = "development"
  tags     = ["${REGISTRY}accord-development:${TAG}"]
}
