// Jenkinsfile
// Plugins: Docker Pipeline, JUnit, HTML Publisher; for the comment, Pipeline: GitHub.
pipeline {
  agent { docker { image 'python:3.12' } }
  environment {
    HOME = "${env.WORKSPACE}"
    PIP_EXTRA_INDEX_URL = 'https://download.pytorch.org/whl/cpu'
  }
  stages {
    stage('Attention report') {
      steps {
        sh 'python -m venv .venv'
        sh '.venv/bin/pip install "attention-reportgen @ git+https://github.com/OWNER/reportgen@VERSION"'
        sh '''.venv/bin/reportgen run texts.csv --model ./checkpoint --force \
          -o report/index.html --layout dir -o report.md -o gates.junit.xml \
          --images none --commit "$GIT_COMMIT" \
          --fail-if "special_share_max > 0.8" --fail-if "n_failed > 0"'''
      }
    }
  }
  post {
    always {
      junit testResults: 'gates.junit.xml', allowEmptyResults: true
      archiveArtifacts artifacts: 'report.md', allowEmptyArchive: true
      publishHTML(target: [reportName: 'Attention', reportDir: 'report', reportFiles: 'index.html',
                           keepAll: true, alwaysLinkToLastBuild: true, allowMissing: true])
      script {
        if (env.CHANGE_ID && fileExists('report.md')) {
          def text = readFile(file: 'report.md', encoding: 'UTF-8')
          def marker = text.readLines().first()
          def old = pullRequest.comments.find { it.body.contains(marker) }
          if (old) { pullRequest.editComment(old.id, text) } else { pullRequest.comment(text) }
        }
      }
    }
  }
}
