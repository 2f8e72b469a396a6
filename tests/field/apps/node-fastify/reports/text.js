export const renderReport = () => 'daily report'
